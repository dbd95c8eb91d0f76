"""Use cases: functions ``(tx, command, call) -> result``; they alone touch the store port."""
