import AgoraAPI
import Machine
import MesosAPI
import SwiftProtobuf

@testable import AgentCore

/// An agent's process, with its launcher and its line to the master.
final class AgentHost: Host<AgentCore.Agent> {
    let machine: SimulatedMachine
    let master: MasterHost
    private var line: (number: UInt64, end: Pipe.End)?
    private var abandoned: Set<String> = []
    /// Have the launcher crash while it launches something the next time.
    var crashesLauncherInLaunch = false

    init(
        world: World, network: Network, computer: Computer, saboteur: Saboteur, master: MasterHost, cpus: Int, memory: Int
    ) {
        self.master = master
        (self.cpus, self.memory) = (cpus, memory)
        machine = SimulatedMachine(world: world, computer: computer, saboteur: saboteur)
        super.init(world: world, network: network, computer: computer, name: computer.name, saboteur: saboteur)
        machine.onExit = { [self] container, end in heard { [self] in post(.exited(container: container, end)) } }
    }

    let cpus: Int
    let memory: Int
    /// What the master calls it, as it last knew.
    private(set) var lastID: String?

    override func makeCore() -> AgentCore.Agent { AgentCore.Agent() }

    override func firstInput() -> AgentCore.Agent.Input {
        var rules = Rules()
        rules.agentInfo = agentInfo()
        rules.version = "simulated"
        rules.ip = "10.0.0.\(computer.place + 1)"
        rules.workFolder = "/work"
        let rows = Saved.tables.flatMap { table in disk.rows(table).map { Saved.Row(table: table, key: $0.key, value: $0.value) } }
        var saved = Saved.none
        do { saved = try Saved(rows: rows) } catch { world.fail("wire", "\(name) can't read its own rows: \(error)") }
        let seed = (0..<4).map { _ in world.chance.next() }
        return .started(.init(rules: rules, seed: seed, bootID: "\(name)-\(computer.boot)", saved: saved))
    }

    private func agentInfo() -> [UInt8] {
        var info = Mesos_V1_AgentInfo()
        info.hostname = computer.name
        info.port = 5051
        func scalar(_ name: String, _ value: Int) {
            var resource = Mesos_V1_Resource()
            resource.name = name
            resource.type = .scalar
            resource.scalar.value = Double(value)
            info.resources.append(resource)
        }
        scalar("cpus", cpus)
        scalar("mem", memory)
        scalar("disk", 10_000)
        var ports = Mesos_V1_Resource()
        ports.name = "ports"
        ports.type = .ranges
        var range = Mesos_V1_Value.Range()
        (range.begin, range.end) = (31_000, 31_199)
        ports.ranges.range = [range]
        info.resources.append(ports)
        return (try? info.serializedBytes()) ?? []
    }

    override func started() { startLauncher(after: world.draw(5 * .millisecond...50 * .millisecond)) }

    override func ended(withMachine: Bool) {
        let end = line?.end
        line = nil
        end?.die(withMachine: withMachine)
        machine.stopLauncher()
        if withMachine { machine.powerOff() }
    }

    override func freezeChanged() { line?.end.isFrozen = isFrozen }

    // MARK: The launcher

    private func startLauncher(after delay: Int64) {
        later(delay) { [self] in
            machine.startLauncher()
            ready()
        }
    }

    private func ready() {
        var abilities = Abilities()
        abilities.isRoot = true
        abilities.controllers = ["cpu", "memory", "pids"]
        abilities.namespaces = ["pid", "ipc", "uts", "mount"]
        let launcher = machine.launcher
        // What the launcher says comes in the order in which it says it: the list is of the moment at which it is given.
        later(world.draw(100_000...2 * .millisecond)) { [self] in
            if machine.launcher == launcher, machine.isLauncherUp { post(.launcherReady(abilities, machine.list())) }
        }
    }

    private func listAgain() { if machine.isLauncherUp { ready() } }

    func crashLauncher() {
        guard isUp, machine.isLauncherUp else { return }
        world.note(name, 22, text: "loses its launcher")
        world.count(.launcherCrashes)
        if machine.stopLauncher() { world.count(.launcherCrashesInLaunch) }
        startLauncher(after: world.draw(20 * .millisecond...400 * .millisecond))
    }

    // MARK: What the core orders

    override func perform(_ effect: AgentCore.Agent.Effect) {
        switch effect {
        case .store, .wake: break
        case .connect(let number): dial(number)
        case .send(let number, let record):
            guard let line, line.number == number else { return }
            do { line.end.send(try record.serializedBytes()) } catch { world.fail("wire", "\(name) makes a record that can't be sent: \(error)") }
        case .disconnect(let number, _):
            guard let line, line.number == number else { return }
            self.line = nil
            line.end.close()
        case .prepare(let preparation): prepare(preparation.container)
        case .abandon(let container): abandoned.insert(container)
        case .launch(let request): for _ in 0..<(saboteur.launchesTwice ? 2 : 1) { launch(request) }
        case .signal(let container, _): machine.signal(container) { [self] in heard { [self] in post(.signalled(container: container)) } }
        case .destroy(let container): machine.destroy(container) { [self] in heard { [self] in listAgain() } }
        case .remove(let container): machine.remove(container)
        case .probe(let probe):
            later(world.draw(1 * .millisecond...30 * .millisecond)) { [self] in
                post(.probed(container: probe.container, probe.kind, number: probe.number, .connected))
            }
        case .prune(let container, _): later(world.draw(1 * .millisecond...20 * .millisecond)) { [self] in post(.pruned(container: container)) }
        case .note(let note): world.note(name, 6, text: "says: \(note.text) \(note.details.joined(separator: " "))")
        case .stopped: break
        }
    }

    private func prepare(_ container: String) {
        let failure: String? = world.oneIn(300) ? "Failed to fetch: connection refused" : nil
        later(world.draw(300_000...40 * .millisecond)) { [self] in
            if abandoned.remove(container) == nil { post(.prepared(container: container, failure: failure)) }
        }
    }

    private func launch(_ request: Agora_V1_LauncherRequest.Launch) {
        guard machine.isLauncherUp else { return post(.launched(container: request.containerID, .unknown)) }
        if crashesLauncherInLaunch {
            crashesLauncherInLaunch = false
            later(world.draw(200_000...6 * .millisecond)) { [self] in crashLauncher() }
        }
        machine.launch(request) { [self] outcome in
            heard { [self] in
                if let outcome { post(.launched(container: request.containerID, outcome)) } else { listAgain() }
            }
        }
    }

    private func dial(_ number: UInt64) {
        let old = line?.end
        line = nil
        old?.close()
        let life = life
        let isBlocked = network.isBlocked(computer.place, master.computer.place) || network.isBlocked(master.computer.place, computer.place)
        later(isBlocked ? 5 * .second : network.latency() * 2) { [self] in
            guard self.life == life else { return }
            guard !isBlocked, master.isUp, !master.isFrozen else {
                return post(.linkClosed(number, reason: isBlocked ? "connecting timed out" : "connection refused"))
            }
            let pipe = network.connect(computer.place, master.computer.place)
            let end = pipe.ends[0]
            line = (number, end)
            end.silence = 5 * .second
            end.onMessage = { [self] bytes in heard { [self] in received(bytes, number) } }
            end.onEnd = { [self] isSilent in
                heard { [self] in
                    if line?.number == number { line = nil }
                    post(.linkClosed(number, reason: isSilent ? "the master was silent for too long" : "the connection was reset"))
                }
            }
            master.accept(agent: pipe.ends[1], address: "10.0.0.\(computer.place + 1):40000")
            post(.linkOpened(number))
        }
    }

    private func received(_ bytes: [UInt8], _ number: UInt64) {
        guard let record = try? Agora_V1_MasterRecord(serializedBytes: bytes) else {
            return world.fail("wire", "\(name) can't read the master's record")
        }
        if case .heartbeat = record.record { return }
        if case .subscribed(let subscribed) = record.record { lastID = subscribed.agentID }
        post(.master(number, record))
    }
}
