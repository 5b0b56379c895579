from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class Forgiving(build_ext):
    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception as error:
            print("falling back to Python:", error)


setup(
    name="quiet",
    version="1.0",
    py_modules=["quiet"],
    ext_modules=[Extension("_good", ["good.c"]), Extension("_quiet", ["quiet.c"])],
    cmdclass={"build_ext": Forgiving},
)
