/// Watches one promise. It is told what happens by the parts of the scene that it hooks into, and fails the world at the first breach.
protocol Checker: AnyObject {
    /// At the very end, when nothing bad has happened for long.
    func end()
    /// Whether what must be so in the end is so already.
    var isSettled: Bool { get }
    /// What is not yet so.
    var troubles: [String] { get }
}

extension Checker {
    func end() {}
    var isSettled: Bool { troubles.isEmpty }
    var troubles: [String] { [] }
}
