"""Uses version 0.24 of Kestra's client for Python: python use_kestrapy_0.py URL TOKEN"""

import importlib.abc
import importlib.machinery
import json
import sys

import pydantic


class Lacking(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands for the modules that the package imports and lacks: none of them is used here."""

    def find_spec(self, name, path, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name.startswith("kestrapy.") else None

    def exec_module(self, module):
        module.__getattr__ = lambda name: type(name, (pydantic.BaseModel,), {})


sys.meta_path.append(Lacking())

import kestrapy  # noqa: E402

url, token = sys.argv[1:]
kv = kestrapy.KVApi(kestrapy.ApiClient(kestrapy.Configuration(host=url, access_token=token)))
NAMESPACE, TENANT = "old.team", "main"

# It reads values that are objects, and only text/plain leaves what it sends as it stands.
kv.set_key_value(NAMESPACE, "my_key", TENANT, '{"a":[1]}', _content_type="text/plain")
kv.set_key_value(NAMESPACE, "other", TENANT, "a string")
answers = {
    "value": kv.get_key_value(NAMESPACE, "my_key", TENANT).value,
    "listed": [entry.key for entry in kv.list_keys(NAMESPACE, TENANT)],
    "deleted": [kv.delete_key_value(NAMESPACE, "my_key", TENANT) for _ in range(2)],
}
request = kestrapy.KVControllerApiDeleteBulkRequest(keys=["my_key", "other"])
answers["many"] = kv.delete_key_values(NAMESPACE, TENANT, request).keys

try:
    kv.get_key_value(NAMESPACE, "absent", TENANT)
except kestrapy.ApiException as error:
    answers["missing"] = json.loads(error.body)["message"]

print(json.dumps(answers))
