from setuptools import setup

setup(name="called", version="1.0", packages=["called"], cffi_modules=["describe.py:ffi"])
