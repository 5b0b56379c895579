from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class Checked(build_ext):
    def run(self):
        import iniconfig  # noqa: F401  # from setup_requires

        super().run()


setup(
    name="legacy",
    version="1.0",
    setup_requires=["iniconfig"],
    ext_modules=[Extension("legacy", ["legacy.c"])],
    cmdclass={"build_ext": Checked},
)
