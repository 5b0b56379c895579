"""Building wheels: from what the user requests to tested wheels in the output directory.

* What is built: ``requests`` combines sources and settings into build requests, ``options`` has the options of a
  build, ``planning`` deduplicates builds, ``matrix`` runs them in parallel.
* How one source is built: ``build_source`` takes the wheel from the cache or builds it, then tests and publishes it;
  ``build_wheel`` has the steps of building a wheel; ``universal2`` merges the wheels of two architectures.
* The steps: ``build_environment``, ``native_libraries``, ``backend_setup`` (compiler wrappers, environment variables
  and config settings), ``scripts``, ``target_requirements`` (the target's files of build requirements),
  ``repair_and_audit``, ``test_and_publish``.
* What decides whether earlier work is used again: ``wheel_cache`` and ``test_cache``.
* Recipes: ``recipe_set`` finds them, ``apply_recipe`` applies them to options and sources.
* What these share: ``context`` (input of a build), ``workspace`` (its directories), ``results`` (its outcome).

``build_source`` imports ``build_wheel`` and what it requires only when a wheel has to be built; a cached wheel takes a
fraction of the start-up time.
"""
