"""Amazon SNS as the server can see it: messages signed with a key whose certificate an https server gives
out, which also counts who confirms a subscription. By the published description of SNS; nothing of ours.

    with FakeAws(folder) as aws:
        aws.environment()                   what the worker must be told to reach it
        aws.notification({...})             a signed message, as JSON text
"""
import base64
import json
import subprocess
import time
import uuid

from . import receiver as peers
from .draw import iso

HOST = "sns.us-east-1.amazonaws.com"
TOPIC = "arn:aws:sns:us-east-1:123456789012:ses"
SIGNED = {"Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")}
SIGNED_OTHER = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
CERTIFICATE = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"


def run(*command, data=None):
    return subprocess.run(command, check=True, capture_output=True, input=data, timeout=60).stdout


class FakeAws:
    def __init__(self, folder, host=HOST):
        self.folder, self.host = folder, host
        self.receiver = peers.Receiver(tls=peers.self_signed(folder, host))
        self.key = f"{folder}/signing.pem"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            "/CN=sns.amazonaws.com", "-keyout", self.key, "-out", f"{folder}/signing-cert.pem")

    def __enter__(self):
        self.receiver.__enter__()
        with open(f"{self.folder}/signing-cert.pem", "rb") as file:
            self.receiver.behave(CERTIFICATE, peers.status(200, file.read()))
        return self

    def __exit__(self, *stopped):
        self.receiver.__exit__(*stopped)

    def environment(self):
        return {"MUSTER_SNS_CONNECT": f"127.0.0.1:{self.receiver.port}",
                "MUSTER_SNS_CA": f"{self.folder}/cert.pem"}

    def sign(self, message, digest="-sha256"):
        names = SIGNED.get(message["Type"], SIGNED_OTHER)
        text = "".join(f"{n}\n{message[n]}\n" for n in names if n in message)
        signature = run("openssl", "dgst", digest, "-sign", self.key, data=text.encode())
        return base64.b64encode(signature).decode()

    def message(self, kind, text, age=0, **changes):
        """`changes` are made before it is signed; None takes a member away."""
        message = {"Type": kind, "MessageId": str(uuid.uuid4()), "TopicArn": TOPIC, "Message": text,
                   "Timestamp": iso(int((time.time() - age) * 1000)), "SignatureVersion": "2",
                   "SigningCertURL": f"https://{self.host}{CERTIFICATE}", **changes}
        message = {k: v for k, v in message.items() if v is not None}
        message["Signature"] = self.sign(message, "-sha1" if message.get("SignatureVersion") == "1"
                                         else "-sha256")
        return message

    def confirmation(self, **changes):
        token = uuid.uuid4().hex
        return self.message("SubscriptionConfirmation", "You have chosen to subscribe", **{
            "Token": token, "SubscribeURL": f"https://{self.host}/?Action=ConfirmSubscription&Token="
            + token, **changes})

    def notification(self, said, **changes):
        return self.message("Notification", json.dumps(said), **changes)


# ---- what SES says ---------------------------------------------------------------------------------


def mail(message_id, to, **more):
    return {"messageId": message_id, "source": "us@example.com", "destination": [to],
            "timestamp": iso(int(time.time() * 1000)), **more}


def bounce(message_id, to, kind="Permanent"):
    return {"notificationType": "Bounce", "mail": mail(message_id, to), "bounce": {
        "bounceType": kind, "bounceSubType": "General", "timestamp": iso(int(time.time() * 1000)),
        "feedbackId": "f", "bouncedRecipients": [{
            "emailAddress": to, "action": "failed", "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]}}


def complaint(message_id, to):
    return {"notificationType": "Complaint", "mail": mail(message_id, to), "complaint": {
        "complainedRecipients": [{"emailAddress": to}], "feedbackId": "f",
        "timestamp": iso(int(time.time() * 1000)), "complaintFeedbackType": "abuse"}}


def delivery(message_id, to):
    return {"notificationType": "Delivery", "mail": mail(message_id, to), "delivery": {
        "recipients": [to], "timestamp": iso(int(time.time() * 1000)), "processingTimeMillis": 5,
        "smtpResponse": "250 ok", "reportingMTA": "a"}}


def event(kind, message_id, to):
    """Open and Click come by event publishing, whose word is eventType."""
    now = iso(int(time.time() * 1000))
    more = {"open": {"timestamp": now, "ipAddress": "192.0.2.1", "userAgent": "Mail"}} if kind == "Open" \
        else {"click": {"timestamp": now, "ipAddress": "192.0.2.1", "userAgent": "Mail",
                        "link": "https://example.com/x"}}
    return {"eventType": kind, "mail": mail(message_id, to), **more}
