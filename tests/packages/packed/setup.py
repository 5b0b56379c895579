import subprocess

from setuptools import Extension, setup

# As h5py has it: a run path to where the library is during the build, which must leave no trace.
asked = subprocess.run(["pkg-config", "--variable=libdir", "zlib"], capture_output=True, text=True, check=False)
module = Extension("_packed", ["packed.c"], libraries=["z"], runtime_library_dirs=asked.stdout.split())
setup(ext_modules=[module], py_modules=["packed"])
