export { PromotionCreate, PromotionEdit } from "./form";
export { PromotionList, PromotionShow } from "./show";
