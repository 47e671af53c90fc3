import AgoraAPI
import Machine
import MesosAPI

@testable import AgentCore
@testable import MasterCore
@testable import ServicesCore

/// Mistakes that a run can be given, to see that it finds them. A core is pure, so that a mistake in it is the same as changing what goes in and
/// what comes out; so none of these is in any program.
public enum Plant: String, CaseIterable, Sendable {
    /// What a batch orders leaves the process before its changes are on disk.
    case releasesBeforeStore = "releases-before-store"
    /// Services answer a request before it is on disk.
    case answersBeforeStore = "answers-before-store"
    /// An agent sends updates that it doesn't keep.
    case keepsNoUpdates = "keeps-no-updates"
    /// An agent doesn't write down what it launches.
    case keepsNoTasks = "keeps-no-tasks"
    /// A framework isn't told that an offer is over.
    case dropsRescinds = "drops-rescinds"
    /// The launcher takes a running container for a lost one.
    case overlooksLock = "overlooks-lock"
    /// A launch is sent twice, and the launcher doesn't look whether the container is there.
    case launchesTwice = "launches-twice"
    /// The resources of a task count as free while it runs.
    case freesTooEarly = "frees-too-early"
    /// An agent sends an update once, and never again.
    case neverRepeats = "never-repeats"
    /// The master acknowledges updates in the framework's stead.
    case acknowledgesForFramework = "acknowledges-for-framework"
    /// An agent whose connection has ended counts as one that is silent.
    case takesHangUpForSilence = "takes-hang-up-for-silence"
    /// Orders to kill don't reach the agent.
    case dropsKills = "drops-kills"
}

/// Makes the mistake of its plant, if it has one.
final class Saboteur {
    private let plant: Plant?
    /// A mistake of the batch scheduler, in a year of it.
    private let yearPlant: YearPlant?
    private var sent: Set<[UInt8]> = []

    init(_ plant: Plant?) {
        self.plant = plant
        yearPlant = nil
    }

    init(_ plant: YearPlant?) {
        self.plant = nil
        yearPlant = plant
    }

    var releasesEarly: Bool { plant == .releasesBeforeStore || yearPlant == .releasesBeforeStore }
    var answersEarly: Bool { plant == .answersBeforeStore }
    var overlooksLock: Bool { plant == .overlooksLock }
    var forgetsToken: Bool { plant == .launchesTwice }
    var launchesTwice: Bool { plant == .launchesTwice }
    var freesTooEarly: Bool { plant == .freesTooEarly }
    var acknowledgesForFramework: Bool { plant == .acknowledgesForFramework }
    var takesHangUpForSilence: Bool { plant == .takesHangUpForSilence }

    func changes(_ changes: [Change], of name: String) -> [Change] {
        let table: String
        switch (plant, yearPlant) {
        case (.keepsNoUpdates, _): table = "streams"
        case (.keepsNoTasks, _): table = "tasks"
        case (_, .keepsNoRuns): table = "runs"
        case (_, .keepsNoParts): table = "parts"
        case (_, .keepsNoProgress): table = "progress"
        default: return changes
        }
        return changes.filter { change in
            if case .put(table, _, _) = change { return false }
            return true
        }
    }

    /// - Returns: nil: it isn't carried out.
    func effect<Effect>(_ effect: Effect) -> Effect? {
        switch (plant, effect) {
        case (.dropsRescinds, let effect as Kernel.Effect):
            if case .send(_, .rescind) = effect { return nil }
        case (.dropsKills, let effect as Kernel.Effect):
            if case .order(_, .kill) = effect { return nil }
        case (.neverRepeats, let effect as AgentCore.Agent.Effect):
            if case .send(_, let record) = effect, case .update(let update) = record.record, !sent.insert([UInt8](update.status)).inserted {
                return nil
            }
        default: break
        }
        return effect
    }
}
