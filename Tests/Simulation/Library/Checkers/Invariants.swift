@testable import AgentCore
@testable import MasterCore
@testable import ServicesCore

/// No core contradicts itself, after any step. A breach stops the program, as in production.
final class Invariants: Checker {
    init(_ scene: Scene) {
        scene.master.stepping.append { [unowned scene] in scene.master.core?.checkInvariants() }
        scene.services.stepping.append { [unowned scene] in scene.services.core?.checkInvariants() }
        for agent in scene.agents { agent.stepping.append { [unowned agent] in agent.core?.checkInvariants() } }
    }
}
