import DequeModule
import Machine
import MesosAPI
import Resources

extension Kernel {
    package var digest: UInt64 {
        var digest = Digest()
        digest.combine(masterID)
        digest.combine(epoch)
        digest.combine(nextFramework)
        digest.combine(nextAgent)
        digest.combine(nextOffer)
        frameworks.forEach { handle, framework in
            digest.combine(Int64(handle.index))
            digest.combine(framework.id)
            digest.combine(framework.spec.info)
            digest.combine("\(framework.state)")
            digest.combine(framework.suppressed.joined(separator: ","))
        }
        agents.forEach { handle, agent in
            digest.combine(Int64(handle.index))
            digest.combine(agent.id)
            digest.combine("\(agent.state)")
            digest.combine("\(agent.total)")
            // One that has not come back since the restart has nothing to allocate.
            if !agent.isRecovered { digest.combine("\(allocator.free(of: handle.index))") }
            digest.combine(agent.tasks.count)
            digest.combine(agent.isOverdue)
        }
        tasks.forEach { _, task in
            digest.combine(task.id)
            digest.combine(task.state.rawValue)
            digest.combine("\(task.place)")
            digest.combine(task.statuses.count)
        }
        offers.forEach { _, offer in
            digest.combine(offer.number)
            digest.combine("\(offer.resources)")
        }
        return digest.value
    }

    package func checkInvariants() {
        allocator.checkInvariants()
        var overdueCount = 0
        agents.forEach { _, agent in overdueCount += agent.isOverdue ? 1 : 0 }
        precondition(overdueCount == overdue.count, "an agent that waits to be given up is not in the queue, or twice")
        for agent in overdue { precondition(agents[agent].isOverdue && agents[agent].link == nil, "an agent that is there is to be given up") }
        agents.forEach { handle, agent in
            guard !agent.isRecovered else {
                precondition(agent.tasks.isEmpty && agent.offers.isEmpty, "an agent that has not come back has tasks or offers")
                return
            }
            checkBooks(handle, agent)
        }
        offers.forEach { handle, offer in
            precondition(frameworks[offer.framework].isConnected, "a framework that is not connected has an offer")
            precondition(agents[offer.agent].isActive, "something of an agent that is not active is offered")
            precondition(agents[offer.agent].offers.contains(handle), "an agent doesn't know its offer")
            precondition(offersByNumber[offer.number] == handle, "an offer can't be found")
        }
        tasks.forEach { handle, task in
            let found = tasksByID[TaskKey(framework: task.framework, id: task.id)]
            precondition(task.place == .completed || found == handle, "a task can't be found by its id")
            precondition((task.agent != nil) == (task.place == .active), "a task is active without an agent, or the other way round")
        }
        frameworks.forEach { handle, framework in
            precondition(frameworksByID[framework.id] == handle, "a framework can't be found by its id")
            if framework.isCompleted {
                let rest = framework.tasks.count + framework.unreachable.count + framework.offers.count
                precondition(rest == 0, "a framework that is over has tasks or offers")
            }
            precondition(framework.completed.count <= settings.completedTasksPerFramework, "too many completed tasks are kept")
        }
        precondition(completedFrameworks.count <= settings.completedFrameworks, "too many completed frameworks are kept")
    }

    /// What the allocator says is held of an agent is what its offers, tasks and executors hold, and nothing twice.
    private func checkBooks(_ handle: Handle<Agent>, _ agent: borrowing Agent) {
        var held = Resources()
        for offer in agent.offers { held.add(offers[offer].resources.nonShared) }
        for task in agent.tasks where tasks[task].holdsResources { held.add(tasks[task].resources.nonShared) }
        for executor in agent.executors { held.add(executor.spec.resources.nonShared) }
        precondition(agent.total - held == allocator.free(of: handle.index), "the allocator's books differ from what is offered and used")
        for offer in agent.offers { precondition(offers[offer].agent == handle, "an agent has an offer of another") }
        for task in agent.tasks { precondition(tasks[task].agent == handle, "an agent has a task of another") }
    }
}
