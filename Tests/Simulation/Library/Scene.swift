import Machine
import MesosAPI

@testable import AgentCore
@testable import MasterCore
@testable import ServicesCore

/// A whole cluster in a world: a master, services with their users, a foreign framework, agents; and what may befall them.
final class Scene {
    let world: World
    let network: Network
    let saboteur: Saboteur
    let master: MasterHost
    let services: ServicesHost
    let foreign: ForeignFramework
    let agents: [AgentHost]
    let users: [ServicesUser]
    private(set) var checkers: [any Checker] = []
    /// Nothing bad happens any more.
    private(set) var isCalm = false
    /// When each agent's machine was last cut off, switched off or stopped long enough to be missed; world's time.
    private(set) var lastAbsence: [Int64]
    /// When the master last started, or went on after a stop.
    private(set) var lastMasterStart: Int64 = 0

    init(seed: UInt64, plant: Plant?, onLine: ((String) -> Void)?) {
        world = World(seed: seed)
        world.onLine = onLine
        network = Network(world: world)
        saboteur = Saboteur(plant)
        func computer(_ name: String, _ place: Int, _ world: World) -> Computer { Computer(world: world, name: name, place: place) }
        master = MasterHost(world: world, network: network, computer: computer("master", 0, world), name: "master", saboteur: saboteur)
        services = ServicesHost(world: world, network: network, computer: computer("services", 1, world), saboteur: saboteur, master: master)
        foreign = ForeignFramework(
            world: world, network: network, computer: computer("foreign", 2, world), master: master, isPartitionAware: !world.oneIn(3))
        let count = Int(world.draw(3...5))
        var agents: [AgentHost] = []
        for index in 0..<count {
            agents.append(
                AgentHost(
                    world: world, network: network, computer: computer("agent-\(index)", 3 + index, world), saboteur: saboteur, master: master,
                    cpus: Int(world.draw(4...10)), memory: 4_096))
        }
        self.agents = agents
        lastAbsence = Array(repeating: -1_000_000 * .second, count: count)
        users = [("/shop", false), ("/shop-db", false), ("/flaky", true)].map { [world, network, services] app, isCrashing in
            ServicesUser(world: world, network: network, place: 1, services: services, app: app, isCrashing: isCrashing)
        }
        checkers = [
            OneStart(self), ResourcesOnce(self), EndIsTrue(self), NoCauselessDeath(self), UpdatesInOrder(self), NothingForgotten(self),
            NoFalseAlarm(self), OffersEnd(self), Invariants(self), Converged(self)
        ]
        for host in agents { host.onCrash = { [unowned self, unowned host] in restart(host) } }
        master.onCrash = { [unowned self] in restart(master) }
        services.onCrash = { [unowned self] in restart(services) }
    }

    // MARK: The play

    func begin() {
        startMaster()
        services.start()
        foreign.start()
        for agent in agents { agent.start() }
        for user in users { user.start() }
    }

    /// From now on nothing bad happens, and nobody wants anything new.
    func calmDown() {
        isCalm = true
        world.note("scene", 30, text: "calms down")
        foreign.isCalm = true
        for user in users { user.isCalm = true }
        master.onCrash = nil
        master.crashInNextCommit = nil
        services.crashInNextCommit = nil
        services.onCrash = nil
        for agent in agents {
            agent.onCrash = nil
            agent.crashInNextCommit = nil
            agent.crashesLauncherInLaunch = false
        }
    }

    func end() { for checker in checkers { checker.end() } }

    /// Whether all is as it should be in the end.
    var isSettled: Bool { checkers.allSatisfy(\.isSettled) }

    /// What is not as it should be.
    var troubles: [String] { checkers.flatMap(\.troubles) }

    private func startMaster() {
        lastMasterStart = world.now
        master.start()
    }

    private func restart<Core>(_ host: Host<Core>) {
        world.after(world.draw(50 * .millisecond...3 * .second)) { [self] in
            if host === master { startMaster() } else { host.start() }
        }
    }

    func befall(_ action: Fault.Action) {
        guard !isCalm else { return }
        switch action {
        case .crash(let process, let down): crash(process, down)
        case .crashAll(let down):
            world.count(.crashesOfAll)
            for process in 0..<agents.count + 3 { crash(process, down + world.draw(0...1 * .second)) }
        case .crashInCommit(let process, let down): crashInCommit(process, down)
        case .crashLauncher(let agent): agents[agent].crashLauncher()
        case .crashLauncherInLaunch(let agent): agents[agent].crashesLauncherInLaunch = true
        case .killMonitor(let agent): if agents[agent].machine.killMonitor() { world.count(.monitorKills) }
        case .reboot(let agent, let down): reboot(agents[agent], agent, down)
        case .freeze(let process, let length): freeze(process, length)
        case .partition(let place, let isOneWay, let isInbound, let length): partition(place, isOneWay, isInbound, length)
        case .reset(let draw):
            let pipes = network.pipes
            if !pipes.isEmpty { pipes[draw % pipes.count].reset() }
        case .stepClock(let place, let by):
            world.count(.clockSteps)
            computer(place).stepWallClock(by: by)
        case .takeOver: foreign.takeOver()
        }
    }

    private func computer(_ place: Int) -> Computer {
        switch place {
        case 0: master.computer
        case 1: services.computer
        case 2: foreign.computer
        default: agents[place - 3].computer
        }
    }

    private func crash(_ process: Int, _ down: Int64) {
        switch process {
        case 0:
            guard master.isUp else { return }
            world.count(.masterCrashes)
            master.crash()
            world.after(down) { [self] in startMaster() }
        case 1:
            guard services.isUp else { return }
            world.count(.servicesCrashes)
            services.crash()
            world.after(down) { [self] in services.start() }
        case 2:
            guard foreign.isUp else { return }
            world.count(.failovers)
            foreign.crash()
            world.after(down) { [self] in foreign.start() }
        default:
            let agent = agents[process - 3]
            guard agent.isUp else { return }
            world.count(.agentCrashes)
            agent.crash()
            world.after(down) { agent.start() }
        }
    }

    private func crashInCommit(_ process: Int, _ down: Int64) {
        switch process {
        case 0:
            master.crashInNextCommit = { [self] in
                world.count(.masterCrashes)
                world.after(down) { [self] in startMaster() }
            }
        case 1:
            services.crashInNextCommit = { [self] in
                world.count(.servicesCrashes)
                world.after(down) { [self] in services.start() }
            }
        default:
            let agent = agents[process - 3]
            agent.crashInNextCommit = { [self] in
                world.count(.agentCrashes)
                world.after(down) { agent.start() }
            }
        }
    }

    private func reboot(_ agent: AgentHost, _ index: Int, _ down: Int64) {
        guard agent.isUp else { return }
        world.count(.reboots)
        missed(index, down + 5 * .second)
        agent.crash(withMachine: true)
        agent.computer.reboot()
        world.after(down) { agent.start() }
    }

    /// Remembers that an agent may well count as lost until some seconds after this.
    private func missed(_ agent: Int, _ length: Int64) {
        guard length > 3 * .second else { return }
        lastAbsence[agent] = max(lastAbsence[agent], world.now + length)
    }

    private func freeze(_ process: Int, _ length: Int64) {
        world.count(.freezes)
        switch process {
        case 0:
            master.freeze()
            world.after(length) { [self] in
                lastMasterStart = world.now
                master.thaw()
            }
        case 1:
            services.freeze()
            world.after(length) { [self] in services.thaw() }
        case 2:
            foreign.freeze()
            world.after(length) { [self] in foreign.thaw() }
        default:
            missed(process - 3, length)
            agents[process - 3].freeze()
            world.after(length) { [self] in agents[process - 3].thaw() }
        }
    }

    private func partition(_ place: Int, _ isOneWay: Bool, _ isInbound: Bool, _ length: Int64) {
        world.count(.partitions)
        if isOneWay { world.count(.oneWayPartitions) }
        world.note("network", Int64(place), length, text: "\(computer(place).name) is cut off from the master for \(length / .millisecond) ms")
        if place >= 3 { missed(place - 3, length) }
        let paths = isOneWay ? [isInbound ? (0, place) : (place, 0)] : [(0, place), (place, 0)]
        for path in paths { network.block(path.0, path.1) }
        world.after(length) { [self] in for path in paths { network.unblock(path.0, path.1) } }
    }
}
