"""What stands between the network and the handlers: headers, hosts, bodies, counts."""
