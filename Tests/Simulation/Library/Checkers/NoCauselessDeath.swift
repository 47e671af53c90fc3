import MesosAPI
import SwiftProtobuf

@testable import AgentCore

/// Nothing is killed that no framework wanted killed: not by an agent's restart, not by a reconciliation.
final class NoCauselessDeath: Checker {
    private var killed: Set<String> = []

    init(_ scene: Scene) {
        for client in [scene.services.client!, scene.foreign.client!] {
            client.sending.append { [self] call in if call.type == .kill { killed.insert(call.kill.taskID.value) } }
        }
        for agent in scene.agents {
            agent.machine.ending.append { [self] container, end in
                guard case .signalled = end.outcome, !killed.contains(container.task) else { return }
                scene.world.fail("no-causeless-death", "task \(container.task) is killed on \(agent.name), and nobody wanted that")
            }
        }
    }
}
