"""A mail server for tests: aiosmtpd on a free port of loopback. Prints its port, then each letter as a line of JSON.

smtp_server.py [--tls CERT KEY] [--user NAME PASSWORD]

Addresses at later.test are put off (451) at their first attempt, those at never.test refused (550).
"""

import asyncio
import base64
import json
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

seen = set()


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.endswith("@never.test"):
            return "550 5.1.1 no such mailbox"
        if address.endswith("@later.test") and address not in seen:
            seen.add(address)
            return "451 4.7.1 come again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        print(json.dumps({
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None,
            "user": session.authenticated, "data": base64.b64encode(envelope.content).decode(),
        }), flush=True)
        return "250 taken"


arguments = sys.argv[1:]
options = {}
if "--tls" in arguments:
    at = arguments.index("--tls")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(arguments[at + 1], arguments[at + 2])
    options.update(tls_context=context, require_starttls=True)
if "--user" in arguments:
    at = arguments.index("--user")
    wanted = LoginPassword(arguments[at + 1].encode(), arguments[at + 2].encode())
    options.update(
        authenticator=lambda server, session, envelope, mechanism, data: AuthResult(success=data == wanted, handled=False),
        auth_required=True, auth_require_tls="--tls" in arguments)


class Local(Controller):
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


controller = Local(Handler(), hostname="127.0.0.1", port=0, **options)
controller.start()
print(controller.port, flush=True)
asyncio.new_event_loop().run_until_complete(asyncio.to_thread(sys.stdin.read))
controller.stop()
