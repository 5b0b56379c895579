int headed_answer(void) { return 42; }
