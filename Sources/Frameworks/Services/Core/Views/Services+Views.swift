package import FrameworkCore
import Machine

/// What a snapshot of the state shows to those who read it.
extension Services {
    /// An app that exists; nil for one that is being deleted.
    package func app(_ id: PathID) -> App? {
        guard let handle = appHandles[id], apps[handle].definition != nil else { return nil }
        return apps[handle]
    }

    /// All apps that exist, ordered by id.
    package var existingApps: [App] { appIDs.compactMap(app) }

    package func instances(of app: App) -> [Instance] { app.instances.compactMap { instances.entry($0) } }

    /// The instances that have a task: launched ones.
    package func launched(_ app: App) -> [Instance] { instances(of: app).filter { $0.task != nil } }

    package func instance(ofTask text: String) -> Instance? { handle(ofTask: text).map { instances[$0] } }

    package func deployment(_ id: String) -> Deployment? { deployments.first { $0.id == id } }

    /// The last readiness results of the apps of a deployment's present step.
    package func readinessResults(of app: PathID) -> [ReadinessResult] {
        self.app(app).map { instances(of: $0).compactMap(\.readiness) } ?? []
    }
}

/// How many tasks are in which state, as clients count them: starting, killing and unreachable ones nowhere.
package struct TaskCounts: Hashable, Sendable {
    package var staged = 0
    package var running = 0
    package var healthy = 0
    package var unhealthy = 0

    package init(_ instances: some Sequence<Instance>) {
        for instance in instances where instance.task != nil {
            switch instance.condition {
            case .provisioned, .staging: staged += 1
            case .running: running += 1
            default: break
            }
            switch instance.isHealthy {
            case true?: healthy += 1
            case false?: unhealthy += 1
            case nil: break
            }
        }
    }
}

/// The tasks of an app in groups, with their ages. Specified by Marathon 1.11 docs/rest-api (`taskStats`).
package struct TaskStatistics: Hashable, Sendable {
    package struct Group: Hashable, Sendable {
        package var name: String
        package var counts: TaskCounts
        /// Seconds that the tasks have been running for; nil if none has begun.
        package var averageLifeTime: Double?
        package var medianLifeTime: Double?
    }

    /// Those that have any task.
    package private(set) var groups: [Group] = []

    package init(_ app: AppDefinition, _ instances: [Instance], at now: Timestamp) {
        let info = app.versionInfo
        let isScaled = info.lastScalingAt > info.lastConfigChangeAt
        add("startedAfterLastScaling", instances.filter { isScaled && ($0.task?.stagedAt ?? info.version) > info.lastScalingAt }, now)
        add("withLatestConfig", instances.filter { $0.definition.app.version >= info.lastConfigChangeAt }, now)
        add("withOutdatedConfig", instances.filter { $0.definition.app.version < info.lastConfigChangeAt }, now)
        add("totalSummary", instances, now)
    }

    private mutating func add(_ name: String, _ instances: [Instance], _ now: Timestamp) {
        guard !instances.isEmpty else { return }
        let ages = instances.compactMap { $0.task?.startedAt }.map { Double(now.milliseconds - $0.milliseconds) / 1000 }.sorted()
        let middle = ages.count / 2
        let median = ages.isEmpty ? nil : ages.count % 2 == 1 ? ages[middle] : (ages[middle - 1] + ages[middle]) / 2
        groups.append(
            Group(
                name: name, counts: TaskCounts(instances),
                averageLifeTime: ages.isEmpty ? nil : ages.reduce(0, +) / Double(ages.count), medianLifeTime: median))
    }
}

/// One app in the launch queue.
package struct QueueItem: Hashable, Sendable {
    package var definition: AppDefinition
    /// Instances that wait for an offer.
    package var count: Int
    /// Nanoseconds until launches go on; 0: no delay.
    package var delay: Int64
    package var since: Timestamp
    package var funnel: OfferFunnel
}

extension Services {
    /// The apps with instances that wait for an offer, the longest-waiting first, and then those whose launches nobody has confirmed yet.
    /// - Parameter now: nanoseconds of the monotonic clock.
    package func queueItems(at now: Int64) -> [QueueItem] {
        let launching = appIDs.filter { id in appHandles[id].map { apps[$0].tally.waiting == 0 && isQueued($0) } ?? false }
        return (queue + launching).compactMap { id in
            guard let app = app(id), let definition = app.definition?.app else { return nil }
            let deadline = app.backoff.deadline(after: now)
            let since = app.waitingSince ?? instances(of: app).first { $0.condition == .provisioned }?.since
            return QueueItem(
                definition: definition, count: app.tally.waiting, delay: deadline.map { $0 - now } ?? 0,
                since: since ?? definition.version, funnel: app.funnel)
        }
    }

    /// Whether instances of an app wait for an offer, or for the first news of their launch.
    func isQueued(_ app: Handle<App>) -> Bool {
        apps[app].definition != nil && (apps[app].tally.waiting > 0 || apps[app].instances.contains { instances[$0].condition == .provisioned })
    }
}
