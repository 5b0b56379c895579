include "facts.pxi"

def facts():
    return FACTS
