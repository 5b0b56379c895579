from untouched import _untouched as native
