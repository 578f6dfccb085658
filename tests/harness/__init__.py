"""What the black-box tests stand on: the real server, a real PostgreSQL, clients of every role."""

from harness.client import Client
from harness.postgres import Postgres
from harness.server import Server, Store
from harness.wait import wait_until

__all__ = ["Client", "Postgres", "Server", "Store", "wait_until"]
