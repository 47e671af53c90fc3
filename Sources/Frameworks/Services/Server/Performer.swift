import Glibc
import Logging
import Runtime
import Scheduling
import ServicesCore

/// Carries out the core's orders, without waiting for anybody.
struct Performer: Sendable {
    let client: SchedulerClient
    let answers: Answers<Services.Answer>
    let hub: EventHub
    let prober: Prober
    let logger: Logger

    func perform(_ effect: Services.Effect) {
        switch effect {
        case .store, .wake: preconditionFailure("the loop carries this out itself")
        case .call(let call): client.send(call)
        case .present(let framework, let suppressedRoles): client.setFramework(framework, suppressedRoles: suppressedRoles)
        case .answer(let number, let answer): answers.answer(number, answer)
        case .emit(let event): hub.publish(event)
        case .probe(let probe): prober.check(probe)
        case .askReadiness(let question): prober.ask(question)
        case .fail(let reason):
            logger.critical("services can't go on", metadata: ["reason": "\(reason)"])
            exit(70)
        }
    }
}
