"""Uses version 2 of Kestra's client for Python: python use_kestrapy_2.py URL TOKEN"""

import json
import sys

from kestrapy import KestraClient
from kestrapy.exceptions import ApiException
from kestrapy.models.kv_controller_api_delete_bulk_request import KVControllerApiDeleteBulkRequest

url, token = sys.argv[1:]
kv = KestraClient(host=url, token=token).kv
NAMESPACE, TENANT = "company.team", "main"


def value_of(body):
    kv.set_key_value(NAMESPACE, "my_key", TENANT, body)
    detail = kv.key_value(NAMESPACE, "my_key", TENANT)
    return [getattr(detail.type, "value", detail.type), detail.value]


BODIES = ["hello", "42", "true", "2021-09-01", "PT15M", '{"a":[1]}']
answers = {"values": [value_of(body) for body in BODIES]}

kv.set_key_value("company", "base", TENANT, "1")
answers["inherited"] = [entry.key for entry in kv.list_keys_with_inheritance(NAMESPACE, TENANT)]

kv.set_key_value(NAMESPACE, "last", TENANT, "1")
kv.delete_key_value("company", "base", TENANT)
page = kv.list_all_keys(TENANT, page=1, size=10, sort=["key:desc"])
answers["searched"] = [[entry.key for entry in page.results], page.total]

answers["deleted"] = [kv.delete_key_value(NAMESPACE, "my_key", TENANT) for _ in range(2)]
request = KVControllerApiDeleteBulkRequest(keys=["my_key", "last"])
answers["many"] = kv.delete_key_values(NAMESPACE, TENANT, request).keys

try:
    kv.key_value(NAMESPACE, "absent", TENANT)
except ApiException as error:
    answers["missing"] = json.loads(error.body)["message"]

print(json.dumps(answers))
