"""What tests need: real databases, a broker's virtual hosts, events for handlers, real processes of services.

A pytest plugin (`-p chassis.testing`). The servers are those named in the JSON file `KRUZHOK_TEST_INFRA`.
"""

from chassis.testing.broker import vhost
from chassis.testing.databases import engine_of, service_database
from chassis.testing.events import acting, apply, received, recorded
from chassis.testing.infra import Infra, infra
from chassis.testing.processes import ServiceProcess
from chassis.testing.rpc import RpcClient
from chassis.testing.suite import Suite, running_suite
from chassis.testing.waiting import free_port, wait_for

__all__ = [
    "Infra",
    "RpcClient",
    "ServiceProcess",
    "Suite",
    "acting",
    "apply",
    "engine_of",
    "free_port",
    "infra",
    "received",
    "recorded",
    "running_suite",
    "service_database",
    "vhost",
    "wait_for",
]
