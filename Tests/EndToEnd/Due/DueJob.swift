import FrameworkCore
import Machine

/// A job as Jepsen's test of Chronos draws them: the windows in which its runs may begin don't overlap, so each run belongs to one due time.
struct DueJob: Sendable {
    let name: String
    /// Milliseconds since 1970.
    let start: Int64
    let count: Int64
    /// Seconds, as the next two: how long a run takes, how late it may begin, and from one due time to the next.
    let duration: Int64
    let epsilon: Int64
    let interval: Int64
    /// Missed due times are made up for one by one, beside each other; otherwise the defaults hold.
    let isEager: Bool

    /// What an ordered launch may take until the run's first act, in milliseconds: batch promises when it orders it, not when a busy machine gets to it.
    static let forgiveness: Int64 = 5_000

    /// - Parameter isShort: for an observation of some seconds instead of minutes.
    static func draw(_ number: Int, start: Int64, isShort: Bool, _ random: inout SplitMix) -> DueJob {
        let duration = Int64(random.below(isShort ? 3 : 10))
        let epsilon = (isShort ? 12 : 10) + Int64(random.below(isShort ? 4 : 20))
        let rest = Int64(random.below(isShort ? 2 : 30))
        return DueJob(
            name: "due-\(number)", start: start + Int64(random.below(isShort ? 8_000 : 2_000)), count: 1 + Int64(random.below(99)),
            duration: duration, epsilon: epsilon, interval: duration + epsilon + forgiveness / 1_000 + rest, isEager: random.below(2) == 0)
    }

    /// All due times up to `end`.
    func dues(upTo end: Int64) -> [Int64] { (0..<count).map { start + $0 * interval * 1_000 }.prefix { $0 <= end } }

    /// What is posted. Each run's first act and its last one are a line of the ledger.
    func json(ledger: String) -> String {
        let line = #"$CHRONOS_JOB_NAME $CHRONOS_JOB_RUN_TIME $CHRONOS_JOB_RUN_ATTEMPT $(date +%s%3N) >> \#(ledger)"#
        let policy = isEager ? #""catchUp":"ALL","concurrencyPolicy":"ALLOW","# : ""
        return #"{"name":"\#(name)","command":"echo begin \#(line); sleep \#(duration); echo end \#(line)","#
            + #""schedule":"R\#(count)/\#(Timestamp(milliseconds: start))/PT\#(interval)S","epsilon":"PT\#(epsilon)S",\#(policy)"#
            + #""mem":16,"cpus":0.1,"disk":1,"retries":20,"retryDelaySeconds":0,"historyLimit":200}"#
    }
}
