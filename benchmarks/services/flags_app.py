"""The administration of the package litestar-flags (flags, rules, segments, environments), in memory, by a user who may do
everything. The handlers and the contract (/schema/openapi.json) are the package's own."""

from litestar import Litestar
from litestar_flags import FeatureFlagsPlugin
from litestar_flags.admin import FeatureFlagsAdminPlugin

service = Litestar([], plugins=[FeatureFlagsPlugin(), FeatureFlagsAdminPlugin()])


async def app(scope, receive, send):
    if scope["type"] == "http":
        scope["user"] = {"id": "reach", "roles": ["superadmin"]}
    await service(scope, receive, send)
