import MesosAPI
import SwiftProtobuf

/// A framework is told that a task is over only if nothing of it runs, and never will; a framework that asked for the old states is told LOST
/// when the agent is unreachable, which may turn out to be wrong.
final class EndIsTrue: Checker {
    private var over: Set<String> = []

    init(_ scene: Scene) {
        let world = scene.world
        for (name, client, isPartitionAware) in [
            ("services", scene.services.client!, true), ("foreign", scene.foreign.client!, scene.foreign.isPartitionAware)
        ] {
            client.hearing.append { [self] event in
                guard event.type == .update, event.update.status.state.isOver else { return }
                let status = event.update.status
                if status.state == .taskLost, !isPartitionAware { return }
                let id = status.taskID.value
                over.insert(id)
                if let agent = scene.agents.first(where: { $0.machine.running.contains { $0.task == id } }) {
                    world.fail("end-is-true", "\(name) is told that task \(id) is \(status.state) (\(status.message)), and it runs on \(agent.name)")
                }
            }
        }
        for agent in scene.agents {
            agent.machine.starting.append { [self] container in
                if over.contains(container.task) {
                    world.fail("end-is-true", "task \(container.task) starts on \(agent.name) after its end was reported")
                }
            }
        }
    }
}
