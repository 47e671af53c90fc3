/// When a child that died is started again: at once the first time, then with a delay that doubles, up to a bound. A child that has
/// run for a while has earned a fresh start.
package struct RestartPolicy: Hashable {
    /// Milliseconds.
    package static let first = 100, longest = 10_000, goodRun = 30_000

    private var delay = 0

    package init() {}

    /// - Parameter run: how long the child ran, in milliseconds.
    /// - Returns: how long to wait before it is started again, in milliseconds.
    package mutating func delay(afterRunOf run: Int) -> Int {
        if run >= Self.goodRun { delay = 0 }
        defer { delay = min(max(Self.first, delay * 2), Self.longest) }
        return delay
    }
}
