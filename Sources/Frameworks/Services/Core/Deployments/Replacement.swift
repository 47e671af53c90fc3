/// The arithmetic of a rolling replacement: how many instances may be killed and started at a time. Specified by Marathon 1.11
/// docs/deployments.md (`upgradeStrategy`).
struct Replacement: Hashable, Sendable {
    /// What there is of an app at some moment.
    struct View: Hashable, Sendable {
        /// Instances of the new definition that are wanted, launched or not.
        var new = 0
        /// Of those, the ones that are running, healthy and ready.
        var newUp = 0
        /// Instances of older definitions that are still wanted.
        var old = 0
        /// Of those, the ones that are running and healthy.
        var oldHealthy = 0
        /// Older instances that have been told to end and haven't yet.
        var ending = 0

        var healthy: Int { oldHealthy + newUp }
    }

    struct Step: Hashable, Sendable {
        /// Old instances to kill: first of those that aren't healthy, so many; then of healthy ones.
        var killUnhealthy = 0
        var killHealthy = 0
        var start = 0
        /// New instances beyond the target, to be given up.
        var surplus = 0
    }

    let target: Int
    let minHealthy: Int
    private(set) var maxCapacity: Int
    /// Kills allowed when it began; each new instance that comes up allows one more.
    private var allowance: Int
    /// New instances that were up when it began: they don't allow a kill.
    private let upAtStart: Int
    private var killed = 0
    private let isResident: Bool

    /// - Parameter current: how many instances the app has, of any definition.
    init(target: Int, strategy: UpgradeStrategy, isResident: Bool, current: Int, view: View) {
        precondition(target > 0, "an app without instances is scaled, not replaced")
        self.target = target
        minHealthy = Self.rounded(Double(target) * strategy.minimumHealthCapacity, up: true)
        maxCapacity = Self.rounded(Double(target) * (1 + strategy.maximumOverCapacity), up: false)
        allowance = max(0, view.healthy - minHealthy)
        if minHealthy == maxCapacity, maxCapacity <= view.healthy {
            if isResident { allowance = view.healthy - minHealthy + 1 } else { maxCapacity += 1 }
        }
        if target < current { allowance = max(current - target, allowance) }
        upAtStart = view.newUp
        self.isResident = isResident
    }

    /// Fractions of few instances: a product such as 10 × 1.2 must not lose one to rounding.
    private static func rounded(_ number: Double, up: Bool) -> Int {
        let nearest = number.rounded()
        if abs(number - nearest) < 1e-9 { return Int(clamping: Int64(nearest)) }
        return Int(clamping: Int64(number.rounded(up ? .up : .down)))
    }

    func isDone(_ view: View) -> Bool { view.newUp >= target && view.new == target && view.old == 0 }

    /// What to do next. Called again whenever anything has changed.
    mutating func next(_ view: View) -> Step {
        var step = Step()
        step.surplus = max(0, view.new - target)
        if view.newUp >= target {
            // All are there: the rest of the old ones can go.
            step.killUnhealthy = view.old - view.oldHealthy
            step.killHealthy = view.oldHealthy
            return step
        }
        let budget = max(0, allowance + max(0, view.newUp - upAtStart) - killed)
        step.killUnhealthy = min(budget, view.old - view.oldHealthy)
        // A resident app gives up one below the limit when there is no other way: its instances can't be doubled.
        let spare = max(0, view.healthy - minHealthy) + (isResident && view.healthy == minHealthy && minHealthy == maxCapacity ? 1 : 0)
        step.killHealthy = min(budget - step.killUnhealthy, view.oldHealthy, spare)
        step.start = starts(view)
        if step == Step(), view.ending == 0, view.new == view.newUp, view.new < target {
            // Nothing is on its way and nothing may begin: give up one that isn't healthy or, if all are, go beyond the capacity by one.
            if view.old > view.oldHealthy {
                step.killUnhealthy = 1
            } else {
                maxCapacity += 1
                step.start = starts(view)
            }
        }
        killed += step.killUnhealthy + step.killHealthy
        return step
    }

    private func starts(_ view: View) -> Int {
        max(0, min(target - view.new, maxCapacity - (view.old + view.ending) - view.new))
    }
}
