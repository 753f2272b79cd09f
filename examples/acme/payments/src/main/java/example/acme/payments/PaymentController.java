package example.acme.payments;

import jakarta.validation.Valid;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** The HTTP interface. */
@RestController
public class PaymentController {

    private final Authorizer authorizer;

    public PaymentController(Authorizer authorizer) {
        this.authorizer = authorizer;
    }

    @PostMapping("/payments")
    public Authorizer.Decision pay(@Valid @RequestBody Payment payment) {
        return authorizer.decide(payment);
    }
}
