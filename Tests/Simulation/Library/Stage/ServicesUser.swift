import Machine

@testable import ServicesCore

/// Someone who keeps an app going through the REST API, and remembers what he was promised.
final class ServicesUser {
    /// What an app should be; nil: that there is none.
    struct Wish: Hashable {
        var command: String
        var instances: Int
    }

    let world: World
    let network: Network
    let place: Network.Place
    let services: ServicesHost
    let app: String
    let isCrashing: Bool
    /// What the app may be by now: one wish, or several while a request is under way or had no answer.
    private(set) var possible: Set<Wish?> = [nil]
    /// What it last asked for and was promised, or had no answer about.
    var isCalm = false
    private var version = 0

    init(world: World, network: Network, place: Network.Place, services: ServicesHost, app: String, isCrashing: Bool) {
        (self.world, self.network, self.place, self.services) = (world, network, place, services)
        (self.app, self.isCrashing) = (app, isCrashing)
    }

    func start() { world.after(world.draw(100 * .millisecond...3 * .second)) { [self] in act() } }

    private func act() {
        guard !isCalm else { return }
        request { [self] in world.after(world.draw(3 * .second...25 * .second)) { [self] in act() } }
    }

    private func request(_ done: @escaping () -> Void) {
        let force = world.oneIn(3)
        let id = PathID(app)
        let roll = world.draw(0...19)
        if possible.contains(nil) {
            let wish = Wish(command: nextCommand(), instances: Int(world.draw(1...6)))
            return ask(.createApp(body(create: wish), force: force, uri: "/v2/apps"), { _ in wish }, done)
        }
        switch roll {
        case 0...8:
            let instances = Int(world.draw(0...8))
            ask(
                .updateApp(id, body(#"{"instances":\#(instances)}"#), .init(force: force, mustExist: true), uri: app),
                { wish in wish.map { Wish(command: $0.command, instances: instances) } }, done)
        case 9...12:
            let command = nextCommand()
            ask(
                .updateApp(id, body(#"{"cmd":"\#(command)"}"#), .init(force: force, mustExist: true), uri: app),
                { wish in wish.map { Wish(command: command, instances: $0.instances) } }, done)
        case 13, 14: ask(.restartApp(id, force: force), { $0 }, done)
        case 15:
            world.count(.deletions)
            ask(.deleteApp(id, force: force), { _ in nil }, done)
        default: ask(.killTasks(.app(id, host: nil), .init()), { $0 }, done)
        }
    }

    private func nextCommand() -> String {
        version += 1
        // No two are the same, so that each change is one.
        return isCrashing && world.oneIn(2) ? "sleep \(5 + version % 20); exit 1" : "sleep \(1_000_000 + version); exit 0"
    }

    private func body(create wish: Wish) -> AppBody {
        body(
            #"{"id":"\#(app)","cmd":"\#(wish.command)","cpus":0.5,"mem":64,"instances":\#(wish.instances),"backoffSeconds":1,"#
                + #""backoffFactor":1.2,"maxLaunchDelaySeconds":10,"portDefinitions":[{"port":0}],"#
                + #""upgradeStrategy":{"minimumHealthCapacity":0.5,"maximumOverCapacity":0.5}}"#)
    }

    private func body(_ json: String) -> AppBody {
        do { return try AppBody(json: Array(json.utf8)) } catch { preconditionFailure("the simulation makes a bad body: \(error)") }
    }

    private func ask(_ request: Services.Request, _ change: @escaping (Wish?) -> Wish?, _ done: @escaping () -> Void) {
        world.count(.requests)
        let before = possible
        possible.formUnion(before.map(change))
        var isDone = false
        world.after(15 * .second) {
            if !isDone {
                isDone = true
                self.world.count(.lostAnswers)
                self.world.note(self.app, 8, text: "hears no answer")
                done()
            }
        }
        world.after(network.latency()) { [self] in
            // Nobody listens: nothing was done.
            guard services.isUp else {
                possible = before
                isDone = true
                return done()
            }
            services.ask(request) { [self] answer in
                world.after(network.latency()) { [self] in
                    guard !isDone else { return }
                    isDone = true
                    heard(answer, before, change)
                    done()
                }
            }
        }
    }

    private func heard(_ answer: Services.Answer, _ before: Set<Wish?>, _ change: (Wish?) -> Wish?) {
        world.note(app, 9, text: "is answered \("\(answer)".prefix(60))")
        switch answer {
        case .refused(let refusal):
            possible = before
            if case .appExists = refusal { possible.remove(nil) }
            if case .noApp = refusal { possible.formIntersection([nil]) }
            if possible.isEmpty { world.fail("nothing-forgotten", "\(app) is refused with \(refusal), which contradicts what was answered before") }
        default:
            if case .deployed = answer { world.count(.deployments) }
            if case .created = answer { world.count(.deployments) }
            possible = Set(before.map(change))
        }
    }
}
