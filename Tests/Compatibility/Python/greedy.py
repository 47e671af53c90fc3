"""A framework on pymesos that takes whatever it is offered, for ever, and wants more.

    greedy.py MASTER ROLE CPUS SECONDS    tasks of so many CPUs that run for about so long
"""
import logging
import random
import sys
import threading

from pymesos import MesosSchedulerDriver, Scheduler


class Greedy(Scheduler):
    def __init__(self, cpus, seconds):
        self.cpus = cpus
        self.seconds = seconds
        self.count = 0

    def resourceOffers(self, driver, offers):
        for offer in offers:
            cpus = sum(resource.scalar.value for resource in offer.resources if resource.name == "cpus")
            tasks = [self.task(offer) for _ in range(int(cpus / self.cpus + 1e-6))]
            if tasks:
                driver.launchTasks([offer.id], tasks, filters=dict(refuse_seconds=0))
            else:
                driver.declineOffer([offer.id], filters=dict(refuse_seconds=0.1))

    def task(self, offer):
        self.count += 1
        return dict(
            task_id=dict(value="greedy-%d" % self.count),
            agent_id=offer.agent_id,
            name="greedy",
            command=dict(shell=True, value="exec sleep %.2f" % random.uniform(0.5 * self.seconds, 1.5 * self.seconds)),
            resources=[
                dict(name="cpus", type="SCALAR", scalar=dict(value=self.cpus)),
                dict(name="mem", type="SCALAR", scalar=dict(value=16)),
            ],
        )


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    role = sys.argv[2]
    info = dict(user="root", name="greedy", checkpoint=True, failover_timeout=60, roles=[role], capabilities=[dict(type="MULTI_ROLE")])
    driver = MesosSchedulerDriver(Greedy(float(sys.argv[3]), float(sys.argv[4])), info, sys.argv[1], use_addict=True)
    driver.start()
    threading.Event().wait()
