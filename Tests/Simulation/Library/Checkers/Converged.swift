import Machine
import MesosAPI
import OrderedCollections

@testable import AgentCore
@testable import MasterCore
@testable import ServicesCore

/// Once nothing bad happens any more, all that is wanted runs, nothing else does, and all books agree.
final class Converged: Checker {
    private unowned let scene: Scene

    init(_ scene: Scene) { self.scene = scene }

    func end() {
        for trouble in troubles { scene.world.fail("converged", trouble) }
    }

    var troubles: [String] {
        guard let master = scene.master.core, let services = scene.services.core else { return ["a process is down"] }
        return line(master, services) + apps(services) + tasks(master, services) + foreign()
    }

    private func line(_ master: Kernel, _ services: Services) -> [String] {
        var troubles: [String] = []
        if !services.link.isSubscribed { troubles.append("services are not subscribed") }
        if !scene.foreign.client.isSubscribed { troubles.append("foreign is not subscribed") }
        if master.frameworks.handles.count(where: { master.frameworks[$0].isConnected }) != 2 { troubles.append("the master misses a framework") }
        for agent in scene.agents {
            guard let id = agent.core?.agentID, let handle = master.agentsByID[id] else {
                troubles.append("the master doesn't know \(agent.name)")
                continue
            }
            if master.agents[handle].link == nil || agent.core?.link.isUp != true { troubles.append("\(agent.name) has no link") }
        }
        return troubles
    }

    private func apps(_ services: Services) -> [String] {
        var troubles: [String] = []
        if let deployment = services.deployments.first { troubles.append("deployment \(deployment.id) goes on") }
        let running = Set(scene.agents.flatMap { $0.machine.running.map(\.task) })
        for id in services.appIDs {
            guard let handle = services.appHandles[id] else { continue }
            let app = services.apps[handle]
            let instances = app.instances.map { services.instances[$0] }
            if instances.count != app.definition?.app.instances { troubles.append("\(id) has \(instances.count) instances") }
            // What crashes again and again may wait for its next launch.
            if app.definition?.app.cmd?.hasSuffix("exit 1") == true { continue }
            for instance in instances {
                if instance.condition != .running { troubles.append("\(instance.id) is \(instance.condition)") }
                guard let task = instance.task?.id.description else { continue }
                if !running.contains(task) { troubles.append("\(task) does not run") }
            }
        }
        return troubles
    }

    private func tasks(_ master: Kernel, _ services: Services) -> [String] {
        var troubles: [String] = []
        var wanted = Set(scene.foreign.book.filter { !$0.value.isOver }.keys)
        for handle in services.instances.handles { if let task = services.instances[handle].task { wanted.insert(task.id.description) } }
        for agent in scene.agents {
            guard let core = agent.core, let id = core.agentID, let handle = master.agentsByID[id] else { continue }
            let running = Set(agent.machine.running.map(\.task))
            let inBooks = Set(core.tasks.handles.filter { core.tasks[$0].phase == .running }.map { core.tasks[$0].id })
            let atMaster = Set(master.agents[handle].tasks.filter { master.tasks[$0].holdsResources }.map { master.tasks[$0].id })
            for task in running.subtracting(wanted).sorted() { troubles.append("\(task) runs on \(agent.name), and nobody wants it") }
            for task in running.symmetricDifference(inBooks).sorted() { troubles.append("\(agent.name)'s books are wrong about \(task)") }
            for task in running.symmetricDifference(atMaster).sorted() {
                troubles.append("the master's books are wrong about \(task) on \(agent.name)")
            }
        }
        return troubles
    }

    private func foreign() -> [String] {
        let open = scene.foreign.book.filter { !$0.value.isOver }.keys
        return open.map { "foreign hears nothing of the end of \($0)" }
    }
}
