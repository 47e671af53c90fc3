"""A framework on pymesos, as people write them: what it prints is what PymesosTests compares.

    framework.py MASTER first          registers, declines, runs tasks, reconciles, then waits to be failed over
    framework.py MASTER second ID      takes over the framework ID, finds its task, kills it, tears down
"""
import logging
import sys
import threading
import time

from pymesos import MesosSchedulerDriver, Scheduler

PATIENCE = 60


class Framework(Scheduler):
    def __init__(self):
        self.changed = threading.Condition()
        self.framework_id = None
        self.was_reregistered = False
        self.offers = []
        self.offer_times = []
        self.updates = []
        self.failure = None

    # Callbacks of the driver, on its thread.

    def registered(self, driver, framework_id, master_info):
        with self.changed:
            self.framework_id = framework_id.value
            self.changed.notify_all()

    def reregistered(self, driver, master_info):
        with self.changed:
            self.was_reregistered = True
            self.changed.notify_all()

    def resourceOffers(self, driver, offers):
        with self.changed:
            self.offers += offers
            self.offer_times.append(time.monotonic())
            self.changed.notify_all()

    def offerRescinded(self, driver, offer_id):
        with self.changed:
            self.offers = [offer for offer in self.offers if offer.id.value != offer_id.value]

    def statusUpdate(self, driver, update):
        with self.changed:
            self.updates.append(update)
            self.changed.notify_all()

    def error(self, driver, message):
        with self.changed:
            self.failure = message
            self.changed.notify_all()
        driver.stop(failover=True)

    # What the program waits for.

    def wait(self, what, condition):
        with self.changed:
            if not self.changed.wait_for(condition, PATIENCE):
                seen = [(update.task_id.value, update.state, update.get("reason")) for update in self.updates]
                sys.exit("waited in vain: %s; error: %s; updates: %s" % (what, self.failure, seen))

    def take_offers(self):
        self.wait("offers", lambda: self.offers)
        with self.changed:
            offers, self.offers = self.offers, []
        return offers

    def states(self, reason=None):
        """Task ids to their newest states, of updates with this reason if one is given."""
        return {
            update.task_id.value: update.state
            for update in self.updates
            if reason is None or update.get("reason") == reason
        }


def task(name, offer, command, cpus=0.1, mem=16):
    return dict(
        task_id=dict(value=name),
        agent_id=offer.agent_id,
        name=name,
        command=dict(shell=True, value=command),
        resources=[
            dict(name="cpus", type="SCALAR", scalar=dict(value=cpus)),
            dict(name="mem", type="SCALAR", scalar=dict(value=mem)),
        ],
    )


def say(text):
    print(text, flush=True)


def drive(framework, master, info):
    driver = MesosSchedulerDriver(framework, info, master, use_addict=True, failover=True)
    driver.start()
    return driver


def reconcile_all(framework, driver):
    framework.updates.clear()
    driver.reconcileTasks([])
    framework.wait("implicit reconciliation", lambda: framework.states("REASON_RECONCILIATION"))
    say("reconciled implicitly: %s" % framework.states("REASON_RECONCILIATION"))


def first(master):
    framework = Framework()
    driver = drive(framework, master, dict(user="root", name="pymesos", checkpoint=True, failover_timeout=600))
    framework.wait("registration", lambda: framework.framework_id)
    say("registered")

    offers = framework.take_offers()
    names = {resource.name for offer in offers for resource in offer.resources}
    say("offered: %s" % sorted(names & {"cpus", "mem", "disk", "ports"}))
    declined = time.monotonic()
    driver.declineOffer([offer.id for offer in offers], filters=dict(refuse_seconds=2))
    offers = framework.take_offers()
    say("declined, and offered again after the filter: %s" % (framework.offer_times[-1] - declined >= 2))

    tasks = [task("task-%d" % number, offers[0], "exit 0") for number in range(20)]
    driver.launchTasks([offer.id for offer in offers], tasks)
    framework.wait("20 tasks", lambda: list(framework.states().values()).count("TASK_FINISHED") == 20)
    say("20 tasks finished")

    offers = framework.take_offers()
    driver.launchTasks([offer.id for offer in offers], [task("sleeper", offers[0], "exec sleep 1000")])
    framework.wait("the sleeper", lambda: framework.states().get("sleeper") == "TASK_RUNNING")
    driver.suppressOffers()
    framework.updates.clear()
    driver.reconcileTasks([dict(task_id=dict(value="sleeper")), dict(task_id=dict(value="nobody"))])
    framework.wait("explicit reconciliation", lambda: len(framework.states("REASON_RECONCILIATION")) == 2)
    say("reconciled: %s" % sorted(framework.states("REASON_RECONCILIATION").items()))
    reconcile_all(framework, driver)

    say("id %s" % framework.framework_id)
    framework.wait("failover", lambda: framework.failure)
    say("error: %s" % framework.failure)
    driver.join()


def second(master, framework_id):
    framework = Framework()
    info = dict(user="root", name="pymesos", checkpoint=True, failover_timeout=600, id=dict(value=framework_id))
    driver = drive(framework, master, info)
    framework.wait("reregistration", lambda: framework.was_reregistered)
    say("reregistered with the same id: %s" % (driver.framework_id == framework_id))
    reconcile_all(framework, driver)
    driver.killTask(dict(value="sleeper"))
    framework.wait("the kill", lambda: framework.states().get("sleeper") == "TASK_KILLED")
    say("killed: %s" % framework.states()["sleeper"])
    driver.stop(failover=False)
    driver.join()
    say("torn down")


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    if sys.argv[2] == "first":
        first(sys.argv[1])
    else:
        second(sys.argv[1], sys.argv[3])
