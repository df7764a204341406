"""Send events by the CloudEvents SDK for Python, which KServe's server uses, in both modes.

    python3 send.py http://127.0.0.1:5000/events
"""
import json
import sys
import urllib.request

from cloudevents.http import CloudEvent, to_binary, to_structured

for id, encode in (("binary", to_binary), ("structured", to_structured)):
    for kind, data in (("request", {"instances": [[1, "x y"]]}), ("response", {"predictions": [0.5]})):
        event = CloudEvent({
            "id": id, "type": "org.kubeflow.serving.inference." + kind, "source": "http://localhost:9081/", "datacontenttype": "application/json",
            "inferenceservicename": "m", "namespace": "default", "component": "predictor", "endpoint": "default",
        }, data)
        headers, body = encode(event)
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        answer = urllib.request.urlopen(urllib.request.Request(sys.argv[1], body, headers))
        assert answer.status == 200, answer.status
