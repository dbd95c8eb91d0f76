"""Use cases: functions ``(tx, command, call) -> result``, the only code that touches the store port."""
