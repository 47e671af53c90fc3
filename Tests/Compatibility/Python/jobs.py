"""A life of jobs through chronos-python, in one of its two versions of the API. Prints what the client gives back, a line each."""
import logging
import sys
import time

import chronos

address, version = sys.argv[1], sys.argv[2] if sys.argv[2] != "none" else None
logging.disable(logging.CRITICAL)
client = chronos.connect(address, scheduler_api_version=version)


def job(name, **members):
    whole = {"name": name, "command": "echo one", "owner": "o@example.org", "disabled": False, **members}
    # The client wants this member of the older API.
    return {**whole, "async": False} if version is None else whole


print("added:", client.add(job("a", schedule="R0/2014-01-01T00:00:00Z/PT60M")))
[found] = client.list()
print("listed:", found["name"], found["command"], found["owner"], found["schedule"], found["cpus"], found["successCount"])
print("found:", [j["name"] for j in client.search(name="A")], [j["name"] for j in client.search(command="ECHO")], client.search(name="b"))
print("fresh:", client.job_stat("a"))
for name in ["75th", "95th", "98th", "99th", "mean", "median"]:
    print(name, getattr(client, "scheduler_stat_" + name)())
print("graph:", repr(client.scheduler_graph()))
metrics = client.metrics()
print("metrics:", metrics["version"], sorted(k for k in metrics if isinstance(metrics[k], dict)))

print("child:", client.add(job("b", parents=["a"])))
print("graph:", repr(client.scheduler_graph()))
print("run:", client.run("a"))
deadline = time.time() + 30
while time.time() < deadline and client.scheduler_graph().count("success,idle") < 2:
    time.sleep(0.05)
print("graph:", repr(client.scheduler_graph()))
print("runs:", [run["status"] for run in client.job_stat("a")["taskStatHistory"]], client.job_stat("a")["histogram"]["count"])
print("killed:", client.delete_tasks("a"))
print("updated:", client.update(job("a", command="echo two", schedule="R0/2014-01-01T00:00:00Z/PT60M")))
print("listed:", [(j["name"], j["command"], j["successCount"]) for j in client.list()])
for what, call in [
    ("name", lambda: client.add(job("a b", schedule="R0/2014-01-01T00:00:00Z/PT60M"))),
    ("parent", lambda: client.add(job("c", parents=["none"]))),
    ("schedule", lambda: client.add(job("c", schedule="R/nonsense"))),
    ("unknown", lambda: client.run("none")),
]:
    try:
        print(what, "taken:", call())
    except chronos.ChronosAPIError:
        print(what, "refused")
for name in [j["name"] for j in client.list()]:
    client.delete(name)
print("left:", client.list())
