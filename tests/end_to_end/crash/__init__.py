"""The purchase killed between every two steps (RELIABILITY 2.2)."""
