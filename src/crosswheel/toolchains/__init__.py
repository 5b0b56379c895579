"""Toolchains: the compilers crosswheel builds with, and the rules that rewrite a build's compiler calls for the target.

A build calls ``cc``, ``ar``, ``pkg-config`` and the like. Each is a wrapper (:mod:`.wrappers`) that sends its arguments
to a server inside crosswheel, which asks the target's toolchain for a *plan*: the commands to run instead.

- :mod:`.model`: the interface. ``Toolchain``, ``TargetToolchain``, ``Call``, ``CallSettings``, ``Plan``.
- :mod:`.select`: from a name (``zig``, ``gcc``, ``emcc``) to a toolchain.
- The toolchains: :mod:`.zig` (the default, which needs nothing installed), :mod:`.gcc` (an installed cross gcc or
  clang) and :mod:`.emcc` (an installed Emscripten). Each has a ``toolchain`` module.
- Where a call is rewritten: the ``rules`` module of each platform, that is ``zig/linux/rules.py``,
  ``zig/macos/rules.py``, ``zig/windows/rules.py``, ``gcc/rules.py``, and ``emscripten/rules.py`` for zig and emcc
  alike. ``fortran/rules.py`` translates Fortran 77 first. ``flags.toml`` lists the options that are removed.
- Shared by the rules: :mod:`.command_line` parses arguments; :mod:`.build_machine_rules` removes paths of the build
  machine; :mod:`.option_filters` removes options that a tool lacks; :mod:`.link` has what all links have in common;
  :mod:`.responses` has refusals and answers that need no compiler; :mod:`.gcc_target_pragma` makes clang understand
  ``#pragma GCC target``.
- :mod:`.tool_names`: the names of the wrappers.
"""
