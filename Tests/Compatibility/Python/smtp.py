"""A mail server that wants a password, refuses the first mail of all, and prints each one that it takes, a line each."""
import email
import email.policy
import signal
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

host, port, user, password = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


def authenticate(server, session, envelope, mechanism, data):
    wanted = LoginPassword(user.encode(), password.encode())
    return AuthResult(success=data == wanted, handled=False)


class Handler:
    refused = False

    async def handle_DATA(self, server, session, envelope):
        if not self.refused:
            self.refused = True
            print("refused:", envelope.rcpt_tos, flush=True)
            return "451 come again later"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        print("mail:", envelope.mail_from, envelope.rcpt_tos, message["From"], message["To"], repr(message["Subject"]),
              message["Message-ID"] is not None, message["Date"] is not None, repr(message.get_content()), flush=True)
        return "250 taken"


controller = Controller(Handler(), hostname=host, port=port, authenticator=authenticate, auth_required=True, auth_require_tls=False)
controller.start()
print("ready", flush=True)
signal.pause()
