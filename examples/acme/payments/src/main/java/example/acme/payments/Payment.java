package example.acme.payments;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Positive;

/** A request to pay: the order, the amount in cents, and the acquirer's token of the card. */
public record Payment(@NotBlank String order, @Positive long amount, @NotBlank String card) {
}
