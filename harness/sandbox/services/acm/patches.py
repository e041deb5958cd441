"""What the embedded Certificate Manager forgets of a certificate."""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from harness.sandbox.emulators.patches import patch

_MODULE = "ministack.services.acm"
_DEFAULT = {"CertificateTransparencyLoggingPreference": "ENABLED"}


@patch(_MODULE, "_request_certificate", digest="8fb1d8187af5")
def options_are_kept(original: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], Any]:
    """MiniStack drops the options of a request and describes the certificate without any. AWS logs a
    certificate in transparency logs unless the request opts out, and says so in DescribeCertificate (ACM API
    reference, CertificateOptions)."""

    @functools.wraps(original)
    def request(data: Mapping[str, Any]) -> Any:
        answer = original(data)
        status, _, body = answer
        if status == 200:
            arn = json.loads(body)["CertificateArn"]
            certificates = importlib.import_module(_MODULE)._certificates
            certificates[arn]["Options"] = _DEFAULT | (data.get("Options") or {})
        return answer

    return request
