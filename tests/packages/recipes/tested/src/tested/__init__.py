from tested import _tested as native
