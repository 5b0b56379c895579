"""A package that others compile with: a header that depends on the platform, and a static library."""

import struct
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class Build(build_ext):
    def run(self):
        super().run()
        place = Path(self.build_lib) / "headed"
        header = f"#define HEADED_POINTER {struct.calcsize('P')}\n#define HEADED_BIG {int(sys.byteorder == 'big')}\n"
        (place / "include").mkdir(parents=True, exist_ok=True)
        (place / "include" / "headed_config.h").write_text(header)
        (place / "include" / "headed.h").write_text('#include "headed_config.h"\nint headed_answer(void);\n')
        objects = self.compiler.compile(["answer.c"], output_dir=self.build_temp, extra_postargs=["-fPIC"])
        (place / "lib").mkdir(exist_ok=True)
        self.compiler.create_static_lib(objects, "headed", output_dir=str(place / "lib"))


setup(
    packages=["headed"],
    ext_modules=[Extension("headed._headed", ["module.c"])],
    cmdclass={"build_ext": Build},
)
