import AgoraAPI
import Machine
import MesosAPI
import OrderedCollections

@testable import AgentCore

/// The containers of a machine, and its launcher: what `agora-launcher` promises, without processes.
///
/// A container's folder is made once (the token); its monitor outlives launcher and agent; a launcher that starts lists what is there.
final class SimulatedMachine {
    struct Container {
        let framework: String
        let task: String
        let command: String
        var isRunning = false
        var end: ContainerEnd?
        var started: Int64 = 0
        var pid: UInt32 = 0
    }

    let world: World
    let computer: Computer
    private(set) var containers: [String: Container] = [:]
    /// Counts launchers; what was asked of an earlier one is not answered.
    private(set) var launcher = 0
    private(set) var isLauncherUp = false
    private var nextPID: UInt32 = 100
    private let saboteur: Saboteur
    /// Seen by the checkers.
    var starting: [(Container) -> Void] = []
    var ending: [(Container, ContainerEnd) -> Void] = []
    /// Told to the agent while its launcher is up.
    var onExit: ((String, ContainerEnd) -> Void)?

    init(world: World, computer: Computer, saboteur: Saboteur) { (self.world, self.computer, self.saboteur) = (world, computer, saboteur) }

    var running: [Container] { containers.keys.sorted().compactMap { containers[$0] }.filter(\.isRunning) }

    // MARK: The launcher's life

    func startLauncher() {
        launcher += 1
        isLauncherUp = true
        // What no monitor has taken over is lost.
        for id in containers.keys where containers[id]?.isRunning == false && containers[id]?.end == nil { containers[id]?.end = ContainerEnd(.lost) }
    }

    /// - Returns: whether a launch was under way.
    @discardableResult
    func stopLauncher() -> Bool {
        isLauncherUp = false
        return containers.values.contains { !$0.isRunning && $0.end == nil }
    }

    func list() -> [AgentCore.Agent.ContainerReport] {
        containers.keys.sorted().compactMap { id in
            guard let container = containers[id], container.isRunning || container.end != nil else { return nil }
            if container.isRunning, saboteur.overlooksLock { return .init(container: id, end: ContainerEnd(.lost)) }
            return .init(container: id, end: container.end, pid: container.pid, started: container.started)
        }
    }

    // MARK: Requests

    func launch(_ request: Agora_V1_LauncherRequest.Launch, _ answer: @escaping (AgentCore.Agent.LaunchOutcome?) -> Void) {
        let id = request.containerID
        let launcher = launcher
        func variable(_ name: String) -> String {
            request.environment.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.utf8.count + 1)) } ?? ""
        }
        world.after(world.draw(200_000...3 * .millisecond)) { [self] in
            guard self.launcher == launcher, isLauncherUp else { return }
            // The folder is there already: whoever asks looks at the list again.
            guard containers[id] == nil || saboteur.forgetsToken else { return answer(nil) }
            containers[id] = Container(framework: variable("MESOS_FRAMEWORK_ID"), task: variable("MESOS_TASK_ID"), command: request.command.shell)
            world.after(world.draw(100_000...4 * .millisecond)) { [self] in
                // The monitor was forked: it goes on without its launcher; or it was not yet.
                let isAlone = self.launcher != launcher || !isLauncherUp
                if isAlone, world.oneIn(2) { return }
                guard let container = containers[id], !container.isRunning, container.end == nil else { return }
                if world.oneIn(200) {
                    containers[id]?.end = ContainerEnd(.notLaunched("Failed to execute: no such file"))
                    return isAlone ? () : answer(.failed("Failed to execute: no such file"))
                }
                begin(id)
                if !isAlone { answer(.started(pid: containers[id]?.pid ?? 0, started: containers[id]?.started ?? 0)) }
            }
        }
    }

    private func begin(_ id: String) {
        nextPID += 1
        containers[id]?.isRunning = true
        containers[id]?.pid = nextPID
        containers[id]?.started = computer.moment.wall
        guard let container = containers[id] else { return }
        world.count(.starts)
        world.note(computer.name, 20, text: "task \(container.task) runs")
        for body in starting { body(container) }
        // "sleep SECONDS; exit STATUS"
        let words = container.command.split(whereSeparator: { " ;".contains($0) })
        guard words.count >= 4, let seconds = Int64(words[1]), let status = Int32(words[3]) else { return }
        let pid = nextPID
        world.after(seconds * .second + world.draw(0...200 * .millisecond)) { [self] in
            guard containers[id]?.pid == pid, containers[id]?.isRunning == true else { return }
            world.count(.ends)
            end(id, ContainerEnd(.exited(status)))
        }
    }

    private func end(_ id: String, _ end: ContainerEnd) {
        guard let container = containers[id], container.isRunning else { return }
        containers[id]?.isRunning = false
        containers[id]?.end = end
        world.note(computer.name, 21, text: "task \(container.task) is over: \(end.text)")
        for body in ending { body(container, end) }
        let launcher = launcher
        world.after(world.draw(50_000...2 * .millisecond)) { [self] in
            if isLauncherUp, self.launcher == launcher { onExit?(id, end) }
        }
    }

    func signal(_ id: String, _ answer: @escaping () -> Void) {
        let launcher = launcher
        world.after(world.draw(50_000...1 * .millisecond)) { [self] in
            guard self.launcher == launcher, isLauncherUp else { return }
            answer()
            guard containers[id]?.isRunning == true else { return }
            if world.oneIn(20) { return world.count(.ignoredTerms) }
            let pid = containers[id]?.pid
            world.after(world.draw(1 * .millisecond...300 * .millisecond)) { [self] in
                if containers[id]?.pid == pid { end(id, ContainerEnd(.signalled(15))) }
            }
        }
    }

    /// - Parameter notFound: nothing of it is there.
    func destroy(_ id: String, notFound: @escaping () -> Void) {
        let launcher = launcher
        world.after(world.draw(1 * .millisecond...20 * .millisecond)) { [self] in
            guard self.launcher == launcher, isLauncherUp else { return }
            guard let container = containers[id] else { return notFound() }
            if container.isRunning { return end(id, ContainerEnd(.signalled(9))) }
            if let end = container.end { onExit?(id, end) }
        }
    }

    func remove(_ id: String) {
        let launcher = launcher
        world.after(world.draw(50_000...2 * .millisecond)) { [self] in
            guard self.launcher == launcher, isLauncherUp, containers[id]?.isRunning == false, containers[id]?.end != nil else { return }
            containers[id] = nil
        }
    }

    // MARK: Faults

    /// Kills a monitor, and with it its container. - Returns: false if nothing runs.
    func killMonitor() -> Bool {
        let ids = containers.keys.sorted().filter { containers[$0]?.isRunning == true }
        guard !ids.isEmpty else { return false }
        end(world.pick(ids), ContainerEnd(.lost))
        return true
    }

    /// All processes are gone; the folders stay.
    func powerOff() {
        isLauncherUp = false
        for id in containers.keys.sorted() {
            guard let container = containers[id], container.isRunning else { continue }
            containers[id]?.isRunning = false
            containers[id]?.end = ContainerEnd(.lost)
            for body in ending { body(container, ContainerEnd(.lost)) }
        }
    }
}
