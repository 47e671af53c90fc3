import FrameworkCore
import Machine
import MesosAPI

/// An offer that has come, with what has been decided of it so far.
struct OpenOffer {
    let id: Mesos_V1_OfferID
    let agent: Agent
    let circumstances: Circumstances
    let summary: OfferSummary
    /// What is left of it.
    var offered: OfferedResources
    var tasks: [Mesos_V1_TaskInfo] = []
    /// The apps that were asked, with why they took no (more) instance; nil: they took all they wanted.
    var asked: [(app: Handle<App>, took: Int, refusals: [OfferRefusal]?)] = []

    init(_ offer: Mesos_V1_Offer, _ agent: Agent, _ circumstances: Circumstances) {
        id = offer.id
        self.agent = agent
        self.circumstances = circumstances
        summary = OfferSummary(offer)
        offered = OfferedResources(offer.resources)
    }
}
