import Machine

/// A process with a core, as `Runtime.Loop` runs it: inputs are handled in batches; a batch's changes are committed before anything else of it
/// is released; a crash loses what was not committed, and may come between any two effects.
class Host<Core: StateMachine> {
    let world: World
    let network: Network
    let computer: Computer
    let name: String
    let disk = Disk()
    let saboteur: Saboteur
    private(set) var core: Core?
    /// Counts its starts, so that what was under way for an earlier one is not given to a later.
    private(set) var life = 0
    private(set) var isFrozen = false
    private var inbox: [Core.Input] = []
    private var isStepping = false
    private var wakeTime: Int64?
    private var releaseTime: Int64 = 0
    private var commits = 0
    private var deferred: [() -> Void] = []
    /// Called after each step of the core.
    var stepping: [() -> Void] = []
    /// Called when the process has ended by a crash of its own.
    var onCrash: (() -> Void)?
    /// Have it crash while it commits the next time; called then.
    var crashInNextCommit: (() -> Void)?

    init(world: World, network: Network, computer: Computer, name: String, saboteur: Saboteur) {
        (self.world, self.network, self.computer, self.name, self.saboteur) = (world, network, computer, name, saboteur)
    }

    var isUp: Bool { core != nil }

    // MARK: What each kind of process does in its own way

    func makeCore() -> Core { preconditionFailure("each kind of host has its own core") }

    /// What the process begins with, from its disk.
    func firstInput() -> Core.Input { preconditionFailure("each kind of host begins in its own way") }

    func perform(_ effect: Core.Effect) {}

    func started() {}

    /// A plant: whether this is carried out before it may be.
    func isCarriedOutEarly(_ effect: Core.Effect) -> Bool { saboteur.releasesEarly }

    /// The process has ended: its connections end, too.
    func ended(withMachine: Bool) {}

    /// Connections that must know whether the process is stopped.
    func freezeChanged() {}

    // MARK: Life

    func start() {
        guard core == nil else { return }
        life += 1
        core = makeCore()
        inbox = []
        wakeTime = nil
        isStepping = false
        releaseTime = world.now
        commits = 0
        world.note(name, 1, text: "starts")
        post(firstInput())
        started()
    }

    func crash(withMachine: Bool = false) {
        guard core != nil else { return }
        if commits > 0 { world.count(.crashesBeforeCommit) }
        world.count(.crashes)
        world.note(name, 2, text: withMachine ? "dies with its machine" : "crashes")
        life += 1
        core = nil
        if isFrozen { thaw() }
        deferred = []
        ended(withMachine: withMachine)
    }

    /// SIGSTOP.
    func freeze() {
        guard core != nil, !isFrozen else { return }
        world.note(name, 3, text: "is stopped")
        isFrozen = true
        freezeChanged()
    }

    /// SIGCONT: what has come meanwhile is seen before anything else is done.
    func thaw() {
        guard isFrozen else { return }
        world.note(name, 4, text: "goes on")
        isFrozen = false
        freezeChanged()
        let bodies = deferred
        deferred = []
        for body in bodies { body() }
    }

    /// Does something on behalf of this life of the process, after a delay.
    func later(_ delay: Int64, _ body: @escaping () -> Void) {
        let life = life
        world.after(delay) { [self] in whenAwake(life, body) }
    }

    private func whenAwake(_ life: Int, _ body: @escaping () -> Void) {
        guard self.life == life, core != nil else { return }
        if isFrozen { deferred.append { [self] in whenAwake(life, body) } } else { body() }
    }

    /// Runs what a connection brings, now or once the process goes on.
    func heard(_ body: @escaping () -> Void) { whenAwake(life, body) }

    // MARK: The loop

    func post(_ input: Core.Input) {
        guard core != nil else { return }
        inbox.append(input)
        guard !isStepping else { return }
        isStepping = true
        later(world.draw(10_000...300_000)) { [self] in step(isWoken: false) }
    }

    private func step(isWoken: Bool) {
        isStepping = false
        guard core != nil else { return }
        let moment = computer.moment
        var changes: [Change] = []
        var effects: [Core.Effect] = []
        let inputs = (isWoken ? [Core.wake] : []) + inbox
        inbox = []
        for input in inputs {
            for effect in core?.handle(input, at: moment) ?? [] {
                if let more = effect.changes {
                    changes += more
                } else if let time = effect.wakeTime {
                    setWake(time)
                } else {
                    effects.append(effect)
                }
            }
        }
        for body in stepping { body() }
        guard core != nil else { return }
        world.note(name, 5, Int64(inputs.count), Int64(effects.count), text: "handles \(inputs.count), orders \(effects.count)")
        release(changes, effects)
    }

    private func setWake(_ time: Int64) {
        wakeTime = time
        // A busy machine is late.
        let lateness = world.oneIn(300) ? world.draw(0...400 * .millisecond) : world.draw(0...2 * .millisecond)
        later(computer.time(of: time) - world.now + lateness) { [self] in
            guard wakeTime == time else { return }
            wakeTime = nil
            step(isWoken: true)
        }
    }

    private func release(_ changes: [Change], _ effects: [Core.Effect]) {
        let changes = saboteur.changes(changes, of: name)
        var effects = effects.compactMap { saboteur.effect($0) }
        let early = effects.filter(isCarriedOutEarly)
        if !early.isEmpty {
            effects.removeAll(where: isCarriedOutEarly)
            perform(early)
            guard core != nil else { return }
        }
        var delay = max(0, releaseTime - world.now)
        if !changes.isEmpty { delay += world.oneIn(100) ? world.draw(0...400 * .millisecond) : world.draw(100_000...8 * .millisecond) }
        releaseTime = world.now + delay
        guard !changes.isEmpty || !effects.isEmpty else { return }
        let (life, released) = (life, effects)
        if !changes.isEmpty {
            commits += 1
            if let onCrash = crashInNextCommit {
                crashInNextCommit = nil
                world.after(world.draw(0...delay + 300_000)) { [self] in
                    guard self.life == life else { return }
                    crash()
                    onCrash()
                }
            }
        }
        // The disk goes on while the process is stopped; a crash before this loses all of the batch.
        world.after(delay) { [self] in
            guard self.life == life else { return }
            if !changes.isEmpty {
                disk.commit(changes)
                commits -= 1
            }
            whenAwake(life) { [self] in perform(released) }
        }
    }

    private func perform(_ effects: [Core.Effect]) {
        let crashAfter = effects.count > 1 && world.oneIn(4_000) && onCrash != nil ? Int(world.draw(1...Int64(effects.count) - 1)) : nil
        for (index, effect) in effects.enumerated() {
            if index == crashAfter {
                world.count(.crashesInRelease)
                crash()
                onCrash?()
                return
            }
            perform(effect)
            guard core != nil else { return }
        }
    }

    /// For checkers, and for plants that need more than effects.
    func mutate(_ body: (inout Core) -> Void) {
        guard var core else { return }
        self.core = nil
        body(&core)
        self.core = core
    }
}
