import os
import subprocess
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

WITH_TARGET = "WITH_TARGET" in os.environ


class Generate(build_ext):
    def build_extension(self, ext):
        work = Path(self.build_temp).resolve()
        work.mkdir(parents=True, exist_ok=True)
        compiler = os.environ.get("CC_FOR_BUILD", "cc")
        subprocess.run([compiler, "gen.c", "-o", work / "gen-build"], check=True)
        self.header(work / "gen-build", "BUILD", work / "build_facts.h")
        if WITH_TARGET:
            objects = self.compiler.compile(["gen.c"], output_dir=str(work))
            self.compiler.link_executable(objects, "gen-target", output_dir=str(work))
            program = next(path for path in work.glob("gen-target*"))
            self.header(program, "CROSS", work / "target_facts.h")
        ext.include_dirs.append(str(work))
        super().build_extension(ext)

    def header(self, program, prefix, path):
        path.write_bytes(subprocess.run([program, prefix], check=True, capture_output=True).stdout)


macros = [("WITH_TARGET", "1")] if WITH_TARGET else []
setup(cmdclass={"build_ext": Generate}, ext_modules=[Extension("generated", ["module.c"], define_macros=macros)])
