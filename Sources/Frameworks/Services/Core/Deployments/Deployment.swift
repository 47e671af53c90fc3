package import FrameworkCore

/// A change on its way: steps one after the other, the actions of a step side by side. Specified by Marathon 1.11 docs/deployments.md.
package struct Deployment: Sendable {
    package enum Action: Hashable, Sendable {
        /// A new app is set up, without instances.
        case start(PathID)
        case stop(PathID)
        /// The number of instances becomes that of the definition.
        case scale(PathID)
        /// Each instance is replaced by one of the present definition.
        case restart(PathID)

        package var app: PathID {
            switch self {
            case .start(let app), .stop(let app), .scale(let app), .restart(let app): app
            }
        }

        package var name: String {
            switch self {
            case .start: "StartApplication"
            case .stop: "StopApplication"
            case .scale: "ScaleApplication"
            case .restart: "RestartApplication"
            }
        }
    }

    /// What others see of a deployment.
    package struct Plan: Hashable, Sendable {
        package let id: String
        package let version: Timestamp
        package let steps: [[Action]]
        package let affected: [PathID]
    }

    /// What became of one app.
    package struct AppChange: Hashable, Sendable {
        package let id: PathID
        /// nil: the app is new.
        package let original: Definition?
        /// nil: the app goes.
        package let target: Definition?
        /// Instances that a scaling down kills before all others.
        package var kills: [InstanceID] = []
        package var isRestart = false
    }

    /// Where an action of the present step stands.
    enum Progress: Sendable {
        case pending
        case scaling
        case replacing(Replacement)
        case stopping
        case done

        var isDone: Bool { if case .done = self { true } else { false } }
    }

    package let plan: Plan
    package let changes: [AppChange]
    /// The present step; `plan.steps.count` at the end.
    package internal(set) var step = 0
    var progress: [Progress] = []

    package var id: String { plan.id }

    init(plan: Plan, changes: [AppChange]) {
        self.plan = plan
        self.changes = changes
    }

    /// The actions of the present step.
    package var currentActions: [Action] { plan.steps.indices.contains(step) ? plan.steps[step] : [] }

    func change(of app: PathID) -> AppChange? { changes.first { $0.id == app } }
}
