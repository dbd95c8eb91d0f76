"""The demo: a studio with services, passes, clients and eight weeks of history, all on real parts."""
