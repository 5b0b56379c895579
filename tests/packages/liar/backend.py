def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return "liar-1.0-py3-none-any.whl"
