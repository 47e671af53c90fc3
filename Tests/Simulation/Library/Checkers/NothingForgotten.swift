import Machine

@testable import ServicesCore

/// What services have answered is so from then on, whatever crashes.
final class NothingForgotten: Checker {
    private unowned let scene: Scene

    init(_ scene: Scene) {
        self.scene = scene
        scene.services.stepping.append { [self] in check() }
    }

    private func check() {
        guard let core = scene.services.core, core.hasStarted else { return }
        for user in scene.users {
            let found = core.appHandles[PathID(user.app)].flatMap { core.apps[$0].definition?.app }
                .map { ServicesUser.Wish(command: $0.cmd ?? "", instances: $0.instances) }
            if !user.possible.contains(found) {
                let wishes = user.possible.map { "\($0.map { "\($0)" } ?? "none")" }.sorted().joined(separator: " or ")
                scene.world.fail("nothing-forgotten", "\(user.app) should be \(wishes), and is \(found.map { "\($0)" } ?? "none")")
            }
        }
    }
}
