# Replay: scenarios with a fake network and a fake clock against the real resolver core.
replay_programs :=
